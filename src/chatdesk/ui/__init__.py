"""What a person sees: the window, its regions, and what they share."""
