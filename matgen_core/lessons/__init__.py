"""Contents of the lesson pages, without streamlit: demonstrations, exercises, measurements."""
