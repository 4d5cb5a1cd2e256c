"""Which countries a news article is about, and what stance it takes toward each."""

__version__ = "0.1.0"
