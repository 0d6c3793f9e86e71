"""What pages share: the only code besides app.py and the pages that imports streamlit."""
