"""Why Attention?: the library behind the course, from one context vector to dot-product attention."""

__version__ = "0.1.0"
