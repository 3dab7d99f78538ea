"""Where a person writes: the text field, its draft, and what happens at Send."""
