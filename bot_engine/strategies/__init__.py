"""The base class of strategies; strategies themselves are plugins."""
