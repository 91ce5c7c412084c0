// The live proxies of one moment, in pieces; and how such a picture is taken
// bit by bit while the table changes.
//
// A piece has the proxies of kPiecePlaces places of the table. Pictures share
// the pieces that did not change between them: many pictures of one table take
// little more than one, and where there is one already, another is taken in no
// time.
//
// Ownership: whoever has a picture shares it; it never changes. The taker holds
//   pieces only weakly, apart from those of the picture that it is taking.
// Threads:   a picture is safe from any thread; the taker is thread-compatible,
//   its table guards it.
// Errors:    none.
// Memory:    16 bytes for each proxy, once for all pictures that share a piece,
//   and 16 bytes for each piece and picture.
#ifndef ENDPOINT_ACTORS_PROXY_PICTURE_H_
#define ENDPOINT_ACTORS_PROXY_PICTURE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

// Places of the table that one piece is about.
inline constexpr size_t kPiecePlaces = 1'024;

struct LiveProxy {
  RemoteId id;
  int64_t created_ns = 0;  // since the epoch
};

struct ProxyPicture {
  using Piece = std::vector<LiveProxy>;

  size_t proxies() const;

  std::vector<std::shared_ptr<const Piece>> pieces;  // none is null
};

class PictureTaker {
 public:
  // Makes the piece of the table, as it is now, that begins at this place;
  // places that the table does not have are free.
  using MakePiece = absl::FunctionRef<ProxyPicture::Piece(size_t place)>;

  explicit PictureTaker(size_t piece_places) : piece_places_(piece_places) {}

  // Begins a picture of the table as it is now, with so many places. To be
  // called again when the picture has been fetched.
  void Begin(size_t places);

  // Whether a picture of the table as it is now exists.
  bool HasCurrent() const { return !current_.expired(); }

  // Takes up to `most` pieces more. The picture once it is complete; null
  // before.
  std::shared_ptr<const ProxyPicture> Continue(size_t most, MakePiece make);

  // Takes all that is left: the table is about to change as a whole. Continue
  // then returns the picture.
  void BeforeChangeOfAll(MakePiece make);

  // The proxy in `place` is about to be made or to end.
  void BeforeChange(size_t place, MakePiece make);

 private:
  using SharedPiece = std::shared_ptr<const ProxyPicture::Piece>;

  void Take(size_t piece, MakePiece make);

  const size_t piece_places_;

  // As the table is now, where someone still has them.
  std::vector<std::weak_ptr<const ProxyPicture::Piece>> pieces_;
  std::weak_ptr<const ProxyPicture> current_;

  std::shared_ptr<ProxyPicture> taking_;  // null: none is being taken
  size_t next_ = 0;                       // piece of it
  bool changed_ = false;                  // the table, since it was begun
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_ACTORS_PROXY_PICTURE_H_
