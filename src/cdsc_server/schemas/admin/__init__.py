"""Bodies of the admin API, one module for each kind of object."""
