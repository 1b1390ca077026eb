"""Tables and queries; only this room writes SQL."""
