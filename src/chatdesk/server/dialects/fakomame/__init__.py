"""The Fakomame platform as the reference server speaks it: parcels, and travellers who carry them."""
