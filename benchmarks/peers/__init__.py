"""What others do, written by us as they would: the other half of each comparison."""
