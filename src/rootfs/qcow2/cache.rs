//! Pieces of an image that were read last, up to a number of bytes.

use crate::error::Result;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Pieces by their place. The first that came is the first to go.
pub(super) struct Cache {
    kept_bytes: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    pieces: HashMap<u64, Arc<Vec<u8>>>,
    order: VecDeque<u64>,
    bytes: u64,
}

impl Cache {
    /// An empty one, for that many bytes.
    pub fn new(kept_bytes: u64) -> Self {
        Self {
            kept_bytes,
            state: Mutex::default(),
        }
    }

    /// The piece at `place`, made by `make` where it is not kept. A failure is not kept.
    pub fn get(&self, place: u64, make: impl FnOnce() -> Result<Vec<u8>>) -> Result<Arc<Vec<u8>>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(piece) = state.pieces.get(&place) {
            return Ok(Arc::clone(piece));
        }
        let piece = Arc::new(make()?);
        state.bytes = state.bytes.saturating_add(length(&piece));
        state.order.push_back(place);
        state.pieces.insert(place, Arc::clone(&piece));
        while state.bytes > self.kept_bytes && state.order.len() > 1 {
            let oldest = state.order.pop_front();
            let gone = oldest.and_then(|place| state.pieces.remove(&place));
            state.bytes = state
                .bytes
                .saturating_sub(gone.map_or(0, |piece| length(&piece)));
        }
        Ok(piece)
    }
}

fn length(piece: &[u8]) -> u64 {
    u64::try_from(piece.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first() {
        let cache = Cache::new(20);
        for place in 0..4 {
            cache.get(place, || Ok(vec![0; 8])).unwrap();
        }
        let state = cache.state.lock().unwrap();
        assert_eq!(state.order, [2, 3]);
        assert_eq!((state.bytes, state.pieces.len()), (16, 2));
    }
}
