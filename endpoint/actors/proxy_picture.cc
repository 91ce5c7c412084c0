#include "endpoint/actors/proxy_picture.h"

#include <algorithm>
#include <utility>

namespace thespian::gateway {

size_t ProxyPicture::proxies() const {
  size_t proxies = 0;
  for (const auto& piece : pieces) proxies += piece->size();
  return proxies;
}

void PictureTaker::Begin(size_t places) {
  next_ = 0;
  changed_ = false;
  taking_ = std::make_shared<ProxyPicture>();
  taking_->pieces.resize((places + piece_places_ - 1) / piece_places_);
  if (pieces_.size() < taking_->pieces.size()) {
    pieces_.resize(taking_->pieces.size());
  }
}

std::shared_ptr<const ProxyPicture> PictureTaker::Continue(size_t most,
                                                           MakePiece make) {
  if (std::shared_ptr<const ProxyPicture> current = current_.lock()) {
    taking_ = nullptr;
    return current;
  }
  const size_t last = std::min(taking_->pieces.size(), next_ + most);
  for (; next_ < last; ++next_) Take(next_, make);
  if (next_ < taking_->pieces.size()) return nullptr;
  std::shared_ptr<const ProxyPicture> taken = std::move(taking_);
  if (!changed_) current_ = taken;
  return taken;
}

void PictureTaker::Take(size_t piece, MakePiece make) {
  SharedPiece& taken = taking_->pieces[piece];
  if (taken != nullptr) return;
  taken = pieces_[piece].lock();
  if (taken != nullptr) return;
  taken =
      std::make_shared<const ProxyPicture::Piece>(make(piece * piece_places_));
  pieces_[piece] = taken;
}

void PictureTaker::BeforeChange(size_t place, MakePiece make) {
  const size_t piece = place / piece_places_;
  if (taking_ != nullptr && piece < taking_->pieces.size()) Take(piece, make);
  if (piece < pieces_.size()) pieces_[piece].reset();
  changed_ = true;
  current_.reset();
}

void PictureTaker::BeforeChangeOfAll(MakePiece make) {
  if (taking_ != nullptr) {
    for (size_t i = 0; i < taking_->pieces.size(); ++i) Take(i, make);
  }
  pieces_ = {};
  changed_ = true;
  current_.reset();
}

}  // namespace thespian::gateway
