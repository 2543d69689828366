"""What the command line does, one module per command; the commands themselves are declared in mcu.__main__."""
