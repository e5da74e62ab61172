"""Data sets that need no download, split once and for all by a fixed seed."""

from qjax.data._ad_hoc import AdHoc as AdHoc, ad_hoc as ad_hoc
from qjax.data._bars_and_stripes import bars_and_stripes as bars_and_stripes
from qjax.data._bernoulli_mixture import bernoulli_mixture as bernoulli_mixture
from qjax.data._bowles import (
    BOWLES_FAMILIES as BOWLES_FAMILIES,
    TrainTest as TrainTest,
    bowles_benchmark as bowles_benchmark,
)
from qjax.data._classification import (
    hidden_manifold as hidden_manifold,
    hyperplane_parity as hyperplane_parity,
    linearly_separable as linearly_separable,
    noisy_bars_and_stripes as noisy_bars_and_stripes,
    two_curves as two_curves,
)
from qjax.data._cluster_ising import (
    cluster_ising_gap as cluster_ising_gap,
    cluster_ising_states as cluster_ising_states,
)
from qjax.data._digits import digits as digits
from qjax.data._grid_distribution import grid_distribution as grid_distribution
from qjax.data._intrusion import (
    INTRUSION_FEATURES as INTRUSION_FEATURES,
    INTRUSION_KINDS as INTRUSION_KINDS,
    intrusion as intrusion,
)
from qjax.data._lesions import lesions as lesions
from qjax.data._meaning import (
    MEANING_WORDS as MEANING_WORDS,
    PARAGRAPH_WORDS as PARAGRAPH_WORDS,
    meaning_classification as meaning_classification,
    meaning_paragraphs as meaning_paragraphs,
)
from qjax.data._patterns import (
    CROSS as CROSS,
    every_image as every_image,
    image_signs as image_signs,
    patterns as patterns,
)
from qjax.data._regions import REGIONS as REGIONS, Region as Region, regions as regions
from qjax.data._relative import (
    RELATIVE_WORDS as RELATIVE_WORDS,
    relative_pronouns as relative_pronouns,
)
from qjax.data._returns import garch_returns as garch_returns
from qjax.data._sentiment import (
    SENTIMENT_WORDS as SENTIMENT_WORDS,
    sentiment as sentiment,
    sentiment_tokens as sentiment_tokens,
)
from qjax.data._split import Examples as Examples, Split as Split
from qjax.data._stories import (
    STORY_DENSITIES as STORY_DENSITIES,
    STORY_EVENTS as STORY_EVENTS,
    Stories as Stories,
    following_stories as following_stories,
    story_directions as story_directions,
)
from qjax.data._tabular import (
    Scaler as Scaler,
    breast_cancer as breast_cancer,
    diabetes as diabetes,
    iris as iris,
    wine as wine,
)
