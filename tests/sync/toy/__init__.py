"""The toy platform, made to prove that no real platform has shaped the port."""
