"""What the pages of pages/learn/ show, without streamlit."""
