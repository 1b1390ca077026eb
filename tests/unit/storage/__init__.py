"""Storage on both databases."""
