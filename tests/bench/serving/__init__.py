"""What measures a web server: load, the servers to compare, and whoever checks what they answer."""
