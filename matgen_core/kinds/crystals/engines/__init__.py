"""Engines that generate crystals."""
