"""What every implementation of a port must do, as tests that each of them inherits."""
