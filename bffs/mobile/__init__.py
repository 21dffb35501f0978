"""The mobile façade: slim screens for a small display and a slow line."""
