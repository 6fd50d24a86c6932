"""Reduction, clusters and the map: small sets whose answer is known."""

import numpy as np
import pytest
from sklearn.base import clone

from kerasgan.curation import clusters, embedding
from kerasgan.curation.clusters import Clusters, far_out, purity
from kerasgan.curation.embedding import PictureMap
from kerasgan.curation.reduction import Reduction


def blobs(sizes=(30, 20, 10), apart=8.0, seed=0):
    """Rows around the corners of a simplex, and which corner."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    rows = apart * np.eye(len(sizes), 6)[labels] + random.normal(
        0, 0.3, (sum(sizes), 6)
    )
    return rows.astype(np.float32), labels


def test_the_reduction_standardises_cube_roots():
    rows = np.array([[0.0, 0.0], [8.0, 8e6], [64.0, 64e6]], np.float32)
    made = Reduction(2).fit(rows)
    # cube roots 0, 2, 4: mean 2, deviation sqrt(8 / 3); both columns alike
    expected = np.array([-2, 0, 2]) / np.sqrt(8 / 3) * np.sqrt(2)
    first = made.transform(rows)[:, 0]
    assert np.allclose(np.abs(first), np.abs(expected), atol=1e-4)
    assert made.explained_ == pytest.approx(1.0, abs=1e-5)


def test_the_reduction_is_the_same_in_chunks(monkeypatch):
    rows = np.random.default_rng(0).permutation(blobs((60, 40, 20))[0])
    whole = Reduction(2).fit_transform(rows)
    monkeypatch.setattr("kerasgan.curation.reduction.CHUNK", 50)
    parts = Reduction(2).fit_transform(rows)
    agreement = np.abs(np.sum(whole * parts, 0)) / np.linalg.norm(whole, axis=0)
    assert np.allclose(agreement / np.linalg.norm(parts, axis=0), 1, atol=0.05)


def test_clusters_are_numbered_by_size_and_counted_by_silhouette():
    rows, labels = blobs()
    made = Clusters(random_state=3).fit(rows)
    assert made.labels_.tolist() == labels.tolist()
    assert max(made.silhouettes_, key=made.silhouettes_.get) == 3
    middle = rows[:30].mean(axis=0)
    assert np.allclose(made.cluster_centers_[0], middle, atol=1e-3)
    assert made.distances_[0] == pytest.approx(np.linalg.norm(rows[0] - middle), 1e-3)


def test_new_rows_go_to_the_nearest_cluster():
    rows, labels = blobs()
    made = Clusters(3).fit(rows)
    assert made.predict(rows[::-1]).tolist() == made.labels_[::-1].tolist()
    assert made.predict(rows).dtype == np.int32


def test_each_number_of_clusters_that_is_tried_is_told():
    told = []
    rows, _ = blobs((3, 2, 1))
    Clusters(progress=lambda *now: told.append(now)).fit(rows)
    assert told == [(done, 5) for done in range(6)]  # 2 to 5 tried, then the clusters
    told.clear()
    Clusters(2, progress=lambda *now: told.append(now)).fit(rows)
    assert told == [(0, 1), (1, 1)]


def test_the_reduction_tells_how_far_it_is(monkeypatch):
    monkeypatch.setattr("kerasgan.curation.reduction.CHUNK", 50)
    told = []
    made = Reduction(2, progress=lambda *now: told.append(now))
    rows = blobs((60, 40, 20))[0]
    made.fit(rows)
    assert told == [(done, 240) for done in (50, 100, 120, 170, 220, 240)]
    told.clear()
    made.transform(rows)
    assert told[-1] == (120, 120)


def test_many_pictures_go_in_small_batches_and_are_repeatable(monkeypatch):
    monkeypatch.setattr(clusters, "FULL", 20)
    rows, labels = blobs((60, 40, 20))
    first, second = (Clusters(3, random_state=1).fit(rows) for _ in range(2))
    assert first.labels_.tolist() == labels.tolist()
    assert first.labels_.tolist() == second.labels_.tolist()


@pytest.mark.parametrize(("count", "found"), [(1, 1), (2, 1), (4, 1)])
def test_pictures_that_are_all_the_same_are_one_cluster(count, found):
    labels = Clusters().fit(np.zeros((count, 3))).labels_
    assert len(np.unique(labels)) == found


def test_more_clusters_than_pictures_are_refused():
    with pytest.raises(ValueError, match="Received 3 for 4 clusters"):
        Clusters(4).fit(np.zeros((3, 2)))


def test_outliers_are_those_of_their_own_cluster():
    distances = np.array([1, 1, 2, 2, 9, 50, 51, 52, 53, 54.0])
    labels = np.repeat([0, 1], 5)
    # quartiles of the first five are 1 and 2: far out begins at 5
    assert far_out(distances, labels).tolist() == [False] * 4 + [True] + [False] * 5


def test_purity_counts_known_classes_only():
    labels = np.array([0, 0, 0, 1, 1, 1])
    assert purity(labels, np.array([0, 0, 1, 1, 1, 1])) == pytest.approx(5 / 6)
    assert purity(labels, np.array([0, -1, 1, 1, -1, -1])) == pytest.approx(2 / 3)


def test_the_map_keeps_blobs_together_and_repeats_itself():
    rows, labels = blobs((20, 20))
    told = []
    first = PictureMap(progress=lambda *done: told.append(done)).fit(rows)
    assert np.array_equal(first.embedding_, PictureMap().fit_transform(rows))
    assert told[-1] == (embedding.STEPS, embedding.STEPS)
    distances = np.linalg.norm(first.embedding_[:, None] - first.embedding_, axis=-1)
    np.fill_diagonal(distances, np.inf)
    assert (labels[distances.argmin(1)] == labels).all()


def test_pictures_outside_the_sample_lie_beside_their_like():
    rows, labels = blobs((30, 30))
    made = PictureMap(most=20).fit(rows)
    assert len(made.sample_) == 20
    others = np.setdiff1d(np.arange(60), made.sample_)
    apart = made.embedding_[others, None] - made.embedding_[made.sample_]
    nearest = made.sample_[np.linalg.norm(apart, axis=-1).argmin(1)]
    assert (labels[nearest] == labels[others]).mean() > 0.9


@pytest.mark.parametrize("rows", [np.zeros((1, 2)), np.zeros((5, 2)), np.eye(3)])
def test_maps_of_next_to_nothing_are_finite(rows):
    assert np.isfinite(PictureMap().fit(rows).embedding_).all()


def test_open_tsne_is_used_for_many_where_it_is_installed(monkeypatch):
    pytest.importorskip("openTSNE", reason="openTSNE is not installed")
    monkeypatch.setattr(embedding, "MOST", 50)
    monkeypatch.setattr(embedding, "STEPS", 150)
    rows, labels = blobs((60, 60))
    told = []
    made = PictureMap(progress=lambda *done: told.append(done)).fit(rows)
    assert made.method_ == "t-SNE of openTSNE"
    assert told[-1] == (150, 150)
    assert np.isfinite(made.embedding_).all()


@pytest.mark.parametrize("estimator", [Reduction(3), Clusters(4, 5), PictureMap(2)])
def test_settings_are_those_of_scikit_learn(estimator):
    assert clone(estimator).get_params() == estimator.get_params()
