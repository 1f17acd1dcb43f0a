"""How a person is told. Facts come in, a message goes out over a channel, a receipt comes back."""
