//! Real servers, started, broken and cleaned up.
