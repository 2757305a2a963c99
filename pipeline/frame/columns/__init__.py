"""What Series and DataFrame share: columns on one index, read, written, calculated with, printed."""
