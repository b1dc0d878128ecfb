"""Exports of drawings as people request, download and delete them. A worker writes them."""
