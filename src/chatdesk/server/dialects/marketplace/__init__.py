"""The marketplace platform as the reference server speaks it: sellers and buyers, one talk per pair."""
