"""The dashboards of Grafana, written from tables of their panels."""
