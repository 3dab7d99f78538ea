"""One module per platform: how a customer of the demonstration speaks there; none knows another."""
