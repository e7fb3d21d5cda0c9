"""A stand-in for the Bitwarden cloud, for integration tests of self-hosted servers.

Not affiliated with Bitwarden Inc.; what Sosie signs, it signs with keys that are visibly its own.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
