"""An unlabelled folder of pictures sorted into clusters, to keep some of them.

kerasgan/metrics/extraction.py pictures -> features, small_discriminator.py a network
for them where there is no other; reduction.py -> 50 numbers, clusters.py -> clusters,
embedding.py -> a map; page.py and sheets.py show them, keeping.py keeps some. What
learns speaks scikit-learn: settings in `__init__`, `fit` returns self, learned values
end in `_`, and `random_state` makes it repeatable.
"""
