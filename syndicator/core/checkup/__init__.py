"""What is wrong with a feed and with how it is served, in a person's words. Pure: what was fetched is handed in."""

from __future__ import annotations

from syndicator.core.checkup.findings import Finding, Findings, Severity

__all__ = ["Finding", "Findings", "Severity"]
