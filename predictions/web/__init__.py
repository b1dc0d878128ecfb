"""What people do; runs in the web process and must import without Keras, TensorFlow or NumPy."""
