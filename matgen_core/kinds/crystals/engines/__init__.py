"""Engines that draw crystals."""
