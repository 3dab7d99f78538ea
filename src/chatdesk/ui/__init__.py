"""What a person sees: the window by region, models and delegates beside their views."""
