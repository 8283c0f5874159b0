//! Randomness for crates that ask `getrandom`: it comes from the host's `random` import.
//!
//! Only in components, and only with the feature `getrandom`: the symbol it looks for is linked
//! whether or not anything asks, and with it the import.
#![expect(unsafe_code, reason = "the backend's interface is a raw pointer and a fixed symbol")]

use crate::lent::{Host, Lent};

/// The custom backend that `getrandom` 0.3 and 0.4 look for.
///
/// # Safety
/// `dest` must be valid for writes of `len` bytes, which `getrandom` guarantees.
#[unsafe(no_mangle)]
unsafe extern "Rust" fn __getrandom_v03_custom(
    dest: *mut u8,
    len: usize,
) -> Result<(), getrandom::Error> {
    let mut done = 0;
    while done < len {
        let wish = u32::try_from((len - done).min(4096)).unwrap_or(4096);
        let bytes = Host.random(wish);
        let count = bytes.len().min(len - done);
        if count == 0 {
            return Err(getrandom::Error::UNEXPECTED);
        }
        // SAFETY: `done + count <= len`, and `dest` is valid for `len` bytes.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), dest.add(done), count) };
        done += count;
    }
    Ok(())
}
