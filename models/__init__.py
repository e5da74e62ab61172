"""Models that train from one command each; see README.md."""
