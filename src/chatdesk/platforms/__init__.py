"""One folder per platform: pure translation and thin IO behind the adapter contract."""
