"""What talks to the outside: files, keys, platforms."""
