"""What a source hands in: files of each kind, brought by an operator or found in a folder that is looked through."""
