"""The web façade: rich screens for a browser with a keyboard and a fast line."""
