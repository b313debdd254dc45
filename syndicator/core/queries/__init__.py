"""Which articles a Query means. The language of its filters, and what decides."""

from __future__ import annotations
