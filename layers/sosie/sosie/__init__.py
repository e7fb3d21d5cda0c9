"""A stand-in for the Bitwarden cloud, for integration tests of self-hosted servers.

Not affiliated with Bitwarden Inc.; what Sosie signs, it signs with keys that are visibly its own.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sosie.domain.errors import SosieError
    from sosie.local.cloud import Cloud

__all__ = ["Cloud", "SosieError", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import what is asked for, and nothing before: the package's own parts and the plugin start with this module."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("sosie.local.cloud" if name == "Cloud" else "sosie.domain.errors"), name)
