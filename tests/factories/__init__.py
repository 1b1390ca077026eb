"""One function per object, with defaults the specification accepts."""
