"""The same service built with other tools, each as its documentation advises. `python -m bench` starts them."""
