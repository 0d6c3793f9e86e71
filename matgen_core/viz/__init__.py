"""Figures without streamlit."""
