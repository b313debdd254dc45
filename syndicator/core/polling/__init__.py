"""The rules of polling. Pure: no clock, no chance, no network; `now` and `random` are handed in."""
