// The ids that exercises had while they were named by day, and those that they have now. A record may hold either;
// what reads one gives every entry its present name. The kernel reads this table too (kernel-ext/src/progress.rs),
// so it is plain JSON behind the sign of equality.

export const RENAMED = {
  "d01-requests-in-flight": "scalability/requests_in_flight",
  "d01-servers-needed": "scalability/servers_needed",
  "d01-usl-fit": "scalability/usl_fit",
  "d02-gcra": "rate_limit/gcra",
  "d02-route-values": "gateway/route_values",
  "d02-verify-token": "gateway/verify_token",
  "d03-hash-ring": "load_balancer/hash_ring",
  "d03-smooth-wrr": "load_balancer/smooth_weighted_round_robin",
  "d03-two-choices": "load_balancer/two_choices",
  "d04-lru": "cache/lru",
  "d04-needed-hit-ratio": "cache/needed_hit_ratio",
  "d04-sieve": "cache/sieve",
  "d04-single-flight": "cache/single_flight",
  "d05-atomic-register": "replication/atomic_register",
  "d05-linearizability": "replication/linearizability",
  "d05-quorum-sizes": "replication/quorum_sizes",
  "d06-bloom-filter": "sketch/bloom_filter",
  "d06-cuckoo-filter": "sketch/cuckoo_filter",
  "d06-filter-size": "sketch/filter_size",
  "d06-growing-filter": "sketch/growing_filter",
  "d07-bottleneck": "scalability/bottleneck",
  "d07-predict-p99": "scalability/predict_p99",
  "d07-read-path": "scalability/read_path",
  "d08-serial-order": "transaction/serial_order",
  "d08-visible": "transaction/visible",
  "d08-within": "data_model/within",
  "d09-candidate-keys": "normalization/candidate_keys",
  "d09-closure": "normalization/closure",
  "d09-synthesis": "normalization/synthesis",
  "d10-b-plus-tree": "storage/b_plus_tree",
  "d10-index-use": "storage/index_use",
  "d10-pages-touched": "storage/pages_touched",
  "d11-prune": "partitioning/prune",
  "d11-range-partition": "partitioning/range_partition",
  "d11-rolling-window": "partitioning/rolling_window",
  "d12-hash-slot": "sharding/hash_tag",
  "d12-move-a-shard": "sharding/move_a_shard",
  "d12-rebalance": "sharding/rebalance",
  "d13-or-set": "replication/or_set",
  "d13-read-routing": "replication/read_routing",
  "d13-version-vectors": "replication/version_vectors",
  "d14-delivery": "feed/delivery",
  "d14-feed-page": "feed/page"
};

// The present name of an entry of the record.
export function present(name) {
  const now = name.startsWith("exercise:") && RENAMED[name.slice("exercise:".length)];
  return now ? `exercise:${now}` : name;
}

// The cell of a starter had the old id as its own; undefined for other cells.
export const former = (cell) => Object.keys(RENAMED).find((old) => RENAMED[old].replaceAll(/[/_]/g, "-") === cell);
