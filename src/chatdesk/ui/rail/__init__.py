"""The account rail at the left edge."""
