"""The demo: an embedded server with customers who answer, and a journey that shows what the program does."""
