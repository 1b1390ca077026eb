"""What energy costs: tariffs as they are valid over time, and readings multiplied by them."""
