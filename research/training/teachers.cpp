#include "training/teachers.hpp"

#include "base/text.hpp"
#include "mien/error.hpp"
#include "training/autocast.hpp"
#include "training/pretrained.hpp"

namespace mien::training {

Teachers::Teachers(const TrainSettings& settings, torch::Device device)
    : device_(device), is_bf16_(settings.precision == "bf16") {
  const auto heads = [](const NetworkSpec& spec) {
    std::vector<std::pair<std::string, int>> names;
    for (const HeadSpec& head : spec.heads) names.emplace_back(head.name, head.classes);
    return names;
  };
  for (const std::string& path : base::split_list(settings.teachers)) {
    Pretrained file(path);
    if (heads(file.spec()) != heads(settings.network_spec())) {
      throw Error(ErrorCode::kInvalidArgument,
                  path +
                      ": its heads differ from those of the network to train; train both with "
                      "--ferplus-weight, or both without");
    }
    Network network(file.spec());
    file.fill(network);
    network->to(device);
    network->eval();
    teachers_.push_back({std::move(network), file.pixel_mean(), file.pixel_std()});
  }
}

torch::Tensor Teachers::predict(const torch::Tensor& input, double mean, double std) {
  const torch::NoGradGuard no_grad;
  torch::Tensor sum;
  for (auto& [network, own_mean, own_std] : teachers_) {
    const torch::Tensor own_input = (input * std + (mean - own_mean)) / own_std;
    torch::Tensor logits;
    {
      const Autocast autocast(device_, is_bf16_);
      logits = network->forward(own_input.contiguous(torch::MemoryFormat::ChannelsLast))
                   .to(torch::kFloat);
    }
    std::vector<torch::Tensor> heads;
    std::int64_t from = 0;
    for (const HeadSpec& head : network->spec().heads) {
      heads.push_back(logits.slice(1, from, from + head.classes).softmax(1));
      from += head.classes;
    }
    const torch::Tensor probabilities = torch::cat(heads, 1);
    sum = sum.defined() ? sum + probabilities : probabilities;
  }
  return sum / static_cast<double>(teachers_.size());
}

}  // namespace mien::training
