"""Real clients, unmodified, against a running Sosie."""
